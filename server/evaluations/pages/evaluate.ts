// Answering while listening: each change is kept on the server a moment later, and on this machine until the server has it.
import { PostError, post, t, toast } from '../../http/browser/index.ts'
import type { Draft } from '../form.ts'
import { type Answer, type Answers, scoreOf } from '../score.ts'
import { createSaving, type Saving } from './_saving.ts'

/** `text`: the answer to a dispute, while it is corrected. */
type Work = { revision: number; answers: Answers; comment: string; text?: string }

const root = document.querySelector<HTMLFormElement>('#evaluation')
if (root) start(root)

function start(root: HTMLFormElement): void {
  const find = <E extends HTMLElement>(selector: string) => root.querySelector<E>(selector)
  const id = root.dataset.id as string
  const content: Draft = JSON.parse(root.dataset.content ?? '{}')
  const work: Work = JSON.parse(root.dataset.work ?? '{}')
  const correcting = root.dataset.correcting !== undefined
  const kept = `vera.${correcting ? 'correction' : 'evaluation'}.${id}`
  /** On this machine, until the server has it. */
  const keep = {
    put: () => attempt(() => localStorage.setItem(kept, JSON.stringify(work))),
    drop: () => attempt(() => localStorage.removeItem(kept)),
  }
  const comment = find<HTMLTextAreaElement>('[data-comment]')
  const resolution = find<HTMLTextAreaElement>('[data-resolution]')
  const fault = find('[data-fault]')
  const publish = find<HTMLButtonElement>('[data-publish]')
  const status = find('[data-saved]')
  const number = new Intl.NumberFormat(document.documentElement.lang === 'en-US' ? 'en-US' : 'es-AR', {
    minimumFractionDigits: 1,
    maximumFractionDigits: 1,
  })

  /** Whether something was sent of which nobody knows if it arrived. */
  let unanswered = false
  const saving: Saving | undefined =
    correcting || !status
      ? undefined
      : createSaving({
          status,
          async send() {
            const put = async () => {
              work.revision = (await post<{ revision: number }>(`/api/evaluations/${id}/draft`, work, 'PUT')).revision
              unanswered = false
            }
            try {
              await put()
            } catch (error) {
              const status = error instanceof PostError ? error.status : 0
              if (!unanswered || status !== 409) {
                unanswered ||= status === 0 || status >= 500
                throw error
              }
              // The one before had arrived, only its answer was lost: what is here goes over it.
              work.revision = await revisionThere(id)
              await put()
            }
          },
          keep,
        })

  const answerOf = (question: string): Answer => {
    work.answers[question] ??= {}
    return work.answers[question]
  }
  function say(text: string): void {
    if (!fault) return
    fault.textContent = text
    fault.hidden = text === ''
  }
  function changed(): void {
    say('')
    show()
    if (saving) saving.changed()
    else keep.put()
  }

  /** The score as it would be if it were published now. */
  function show(): void {
    const { score, sections, fatal, missing } = scoreOf(content, work.answers)
    const total = find('[data-score]')
    if (total) {
      const points = score === null ? '—' : number.format(score)
      const left = missing.length > 0 ? ` · ${t('evaluations.left', { count: missing.length })}` : ''
      total.textContent = `${points}${fatal.length > 0 ? ` · ${t('evaluations.fatal')}` : ''}${left}`
      total.dataset.fatal = String(fatal.length > 0)
    }
    for (const { id, score } of sections) {
      const badge = find(`[data-section="${id}"]`)
      if (badge) badge.textContent = score === null ? '—' : number.format(score)
    }
  }
  /** Puts what is in `work` into the fields: after the page came back with older answers. */
  function fill(): void {
    for (const field of root.querySelectorAll<HTMLElement>('[data-question]')) {
      const answer = work.answers[field.dataset.question as string] ?? {}
      for (const radio of field.querySelectorAll<HTMLInputElement>('input[type=radio]'))
        radio.checked = radio.value === answer.value
      const note = field.querySelector<HTMLTextAreaElement>('[data-note]')
      if (note) note.value = answer.comment ?? ''
      showMark(field, answer.atMs)
    }
    if (comment) comment.value = work.comment
    if (resolution) resolution.value = work.text ?? ''
  }
  function showMark(field: HTMLElement, atMs: number | undefined): void {
    const marked = field.querySelector<HTMLElement>('[data-marked]')
    const seek = field.querySelector<HTMLElement>('[data-seek]')
    const time = field.querySelector<HTMLElement>('[data-time]')
    if (!marked || !seek || !time) return
    marked.hidden = atMs === undefined
    seek.dataset.seek = String(atMs ?? 0)
    time.textContent = clock(atMs ?? 0)
  }
  /** Where the player stands, to the second; nothing where there is no player. */
  function position(): number | undefined {
    const wave = document.querySelector('[data-recording-player] [role=slider]')
    return wave ? Number(wave.getAttribute('aria-valuenow')) * 1_000 : undefined
  }

  root.addEventListener('submit', (event) => event.preventDefault())
  root.addEventListener('input', (event) => {
    const input = event.target as HTMLInputElement
    const field = input.closest<HTMLElement>('[data-question]')
    if (field && input.type === 'radio') answerOf(field.dataset.question as string).value = input.value
    else if (field && input.matches('[data-note]')) answerOf(field.dataset.question as string).comment = input.value
    else if (input === (comment as HTMLElement | null)) work.comment = input.value
    else if (input === (resolution as HTMLElement | null)) work.text = input.value
    else return
    if (field) wrong(field, '')
    changed()
  })
  root.addEventListener('click', (event) => {
    const button = (event.target as HTMLElement).closest<HTMLElement>('[data-mark], [data-unmark]')
    const field = button?.closest<HTMLElement>('[data-question]')
    if (!button || !field) return
    const answer = answerOf(field.dataset.question as string)
    if (button.matches('[data-mark]')) {
      const at = position()
      if (at === undefined) return
      answer.atMs = at
    } else delete answer.atMs
    showMark(field, answer.atMs)
    changed()
  })
  publish?.addEventListener('click', async () => {
    publish.disabled = true
    try {
      if (correcting) {
        const { revision, answers, text = '' } = work
        await post(`/api/evaluations/${id}/correct`, { revision, answers, text })
        keep.drop()
      } else {
        await saving?.now()
        await post(`/api/evaluations/${id}/publish`, work)
      }
      location.assign(`/evaluations/${id}?done=saved`)
    } catch (error) {
      publish.disabled = false
      const fields = error instanceof PostError ? error.fields : {}
      say([(error as Error).message, fields.text ?? fields.comment ?? ''].join(' ').trim())
      for (const field of root.querySelectorAll<HTMLElement>('[data-question]'))
        wrong(field, fields[field.dataset.question as string] ?? '')
      const first = root.querySelector<HTMLElement>('.quality-answer.is-wrong input, .quality-answer.is-wrong textarea')
      if (first) first.focus()
      else if (fields.text) resolution?.focus()
      else toast((error as Error).message, 'fault')
    }
  })

  const before = attempt(() => localStorage.getItem(kept))
  if (before) {
    const local = attempt(() => JSON.parse(before) as Work)
    // Of another revision: the server has something newer, which somebody saw last.
    if (local?.revision === work.revision && JSON.stringify(local) !== JSON.stringify(work)) {
      Object.assign(work, local)
      fill()
      const restored = find('[data-restored]')
      if (restored) restored.hidden = false
      saving?.changed()
    }
  }
  const sound = position() !== undefined
  for (const button of root.querySelectorAll<HTMLElement>('[data-mark]')) button.hidden = !sound
  show()
  root.dataset.ready = ''
}

async function revisionThere(id: string): Promise<number> {
  const answer = await fetch(`/api/evaluations/${id}/draft`, { headers: { accept: 'application/json' } })
  if (!answer.ok) throw new PostError('evaluation.changed', t('errors.evaluation.changed'), {}, 409)
  return ((await answer.json()) as { revision: number }).revision
}

function wrong(field: HTMLElement, text: string): void {
  field.classList.toggle('is-wrong', text !== '')
  const place = field.querySelector<HTMLElement>('[data-wrong]')
  if (!place) return
  place.textContent = text
  place.hidden = text === ''
}

/** A browser may refuse to keep anything. */
function attempt<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch {
    return undefined
  }
}

function clock(ms: number): string {
  const seconds = Math.floor(ms / 1_000)
  const two = (n: number) => String(n).padStart(2, '0')
  const minutes = Math.floor(seconds / 60)
  return minutes < 60
    ? `${minutes}:${two(seconds % 60)}`
    : `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds % 60)}`
}
