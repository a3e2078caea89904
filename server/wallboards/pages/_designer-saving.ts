// Saving, and everything that can come between: another who saved, a deleted board, a cut network, a session that ended.
import { PostError, post, toast } from '../../http/browser/index.ts'
import type { Design } from '../schema.ts'
import type { Fault } from './_designer-panel.ts'
import { moment, say } from './_designer-words.ts'

type Drawn = { name: string; design: Design }
type Saved = { id: string; version: number }
type Theirs = Drawn & Saved & { changedBy: string | null; changedAt: number | null }
export type SavingEvents = {
  drawn(): Drawn
  saved(): void
  /** By tile (empty: of the board as a whole). */
  refused(faults: Map<string, Fault[]>, text: string): void
  take(drawn: Drawn): void
}

export function createSaving(setup: Drawn & Saved, events: SavingEvents) {
  let { version } = setup
  let kept: Drawn = { name: setup.name, design: setup.design }
  let busy = false
  const address = `/api/wallboards/${encodeURIComponent(setup.id)}`
  const dialog = document.getElementById('designer-conflict') as HTMLDialogElement

  const dirty = () => {
    const { name, design } = events.drawn()
    return name !== kept.name || (design !== kept.design && JSON.stringify(design) !== JSON.stringify(kept.design))
  }

  async function save(): Promise<void> {
    if (busy) return
    busy = true
    const drawn = events.drawn()
    try {
      const saved = await post<Saved>(address, { ...drawn, version }, 'PUT')
      version = saved.version
      kept = drawn
      events.saved()
    } catch (error) {
      if (error instanceof PostError) await explain(error, drawn)
      else throw error
    } finally {
      busy = false
    }
  }

  async function explain(error: PostError, drawn: Drawn): Promise<void> {
    if (error.code === 'wallboard.changed') return between(await theirs())
    if (error.code === 'wallboard.not_found') return gone()
    if (error.code === 'wallboard.bad_design' || error.code === 'request.invalid')
      return events.refused(faultsOf(error, drawn.design), error.message)
    // What is drawn stays here, and as a draft.
    toast(say(error.status === 401 ? 'session_ended' : 'not_saved', { reason: error.message }), 'fault')
  }

  const theirs = () =>
    fetch(address, { headers: { accept: 'application/json' } }).then((answer) =>
      answer.ok ? (answer.json() as Promise<Theirs>) : undefined,
    )

  /** Somebody else saved since. Nobody's work is thrown away without being asked. */
  function between(other: Theirs | undefined): void {
    if (!other) {
      toast(say('not_saved', { reason: '' }), 'fault')
      return
    }
    const who = other.changedBy ?? say('somebody')
    ask(say('changed_heading'), say('changed_text', { who, at: other.changedAt ? moment(other.changedAt) : '' }), [
      [say('changed_copy'), () => void copy(), true],
      [say('changed_mine'), () => replace(other)],
      [say('changed_theirs'), () => takeTheirs(other)],
    ])
  }
  function gone(): void {
    ask(say('gone_heading'), say('gone_text'), [[say('changed_copy'), () => void copy(), true]])
  }

  /** Mine as a board of its own, theirs stays as it is. */
  async function copy(): Promise<void> {
    const { name, design } = events.drawn()
    try {
      const made = await post<Saved>('/api/wallboards', { name: say('copy_name', { name }).slice(0, 100), design })
      kept = events.drawn()
      events.saved()
      location.assign(`/wallboards/${made.id}/edit`)
    } catch (error) {
      toast((error as Error).message, 'fault')
    }
  }
  function replace(other: Theirs): void {
    version = other.version
    void save()
  }
  function takeTheirs(other: Theirs): void {
    version = other.version
    kept = { name: other.name, design: other.design }
    // Mine is one step back.
    events.take(kept)
  }

  function ask(heading: string, text: string, choices: [string, () => void, boolean?][]): void {
    const set = (id: string, to: string) => {
      const element = document.getElementById(id)
      if (element) element.textContent = to
    }
    set('conflict-heading', heading)
    set('conflict-text', text)
    const buttons = [...choices, [say('go_on'), () => {}] as [string, () => void]].map(([label, act, first]) => {
      const one = document.createElement('button')
      one.type = 'button'
      one.className = first ? 'button button-primary' : 'button'
      one.textContent = label
      one.addEventListener('click', () => {
        dialog.close()
        act()
      })
      return one
    })
    dialog.querySelector('.buttons')?.replaceChildren(...buttons)
    dialog.showModal()
  }

  return { save, dirty, version: () => version }
}

/** `pages/0/tiles/2/show` of the design that was sent, as tile and what of it. */
function faultsOf(error: PostError, design: Design): Map<string, Fault[]> {
  const found = new Map<string, Fault[]>()
  for (const [path, text] of Object.entries(error.fields)) {
    const [, page, tile, rest] = /^(?:design[./])?pages\/(\d+)\/tiles\/(\d+)(?:\/(.*))?$/.exec(path) ?? []
    const id = tile === undefined ? '' : (design.pages[Number(page)]?.tiles[Number(tile)]?.id ?? '')
    found.set(id, [...(found.get(id) ?? []), { path: rest ?? '', text }])
  }
  if (found.size === 0) found.set('', [{ path: '', text: error.message }])
  return found
}
