// The editor of a form: what is on the page is the draft, kept on the server a moment after each change.
import { drawPartial, morph, PostError, post, t, toast } from '../../http/browser/index.ts'
import type { Draft, Option, Question, Section } from '../form.ts'
import { createSaving } from './_saving.ts'

const root = document.querySelector<HTMLFormElement>('#form-editor')
if (root) start(root)

function start(root: HTMLFormElement): void {
  const find = <E extends HTMLElement>(selector: string) => root.querySelector<E>(selector) as E
  const editor = find('[data-editor]')
  const name = find<HTMLInputElement>('[data-name]')
  const fault = find('[data-fault]')
  const address = `/api/evaluations/forms/${root.dataset.id}`
  const draft: Draft = JSON.parse(root.dataset.draft ?? '{}')
  let revision = Number(root.dataset.revision)
  let faults: Record<string, string> = {}

  const saving = createSaving({
    status: find('[data-saved]'),
    async send() {
      const body = { revision, name: name.value, content: draft }
      revision = (await post<{ revision: number }>(`${address}/draft`, body, 'PUT')).revision
    },
  })
  const say = (text: string) => {
    fault.textContent = text
    fault.hidden = text === ''
  }

  function draw(focus?: string): void {
    morph(editor, drawPartial('evaluations/editor', { draft, faults }))
    shares()
    if (focus) document.getElementById(focus)?.focus()
  }
  /** How much each section and question counts in the whole. */
  function shares(): void {
    const whole = sum(draft.sections)
    for (const place of editor.querySelectorAll<HTMLElement>('[data-share]')) {
      const [, section, , question] = (place.dataset.share ?? '').split('.').map(Number)
      const of = draft.sections[section ?? -1]
      if (!of) continue
      const share = of.weight / (whole || 1)
      const one = question === undefined ? undefined : of.questions[question]
      const exact = one ? (share * one.weight) / (sum(of.questions) || 1) : share
      place.textContent = t('evaluations.forms.share', { share: Math.round(exact * 100) })
    }
  }

  function set(input: HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement): void {
    const path = (input.dataset.path ?? '').split('.')
    const last = path.pop() as string
    const owner = at(path) as Record<string, unknown>
    if (input instanceof HTMLInputElement && input.type === 'checkbox') owner[last] = input.checked
    else if (input instanceof HTMLInputElement && input.type === 'number') {
      // What is no number, or too large a one, waits until it is put right.
      if (input.value === '' || !input.validity.valid) return
      owner[last] = Math.round(Number(input.value))
    } else owner[last] = input.value
  }
  const at = (path: readonly string[]): unknown =>
    path.reduce<unknown>((value, step) => (value as Record<string, unknown>)[step], draft)

  root.addEventListener('submit', (event) => event.preventDefault())
  root.addEventListener('input', (event) => {
    const input = event.target as HTMLInputElement
    if (input.dataset.path) set(input)
    say('')
    shares()
    saving.changed()
  })
  root.addEventListener('change', (event) => {
    const input = event.target as HTMLSelectElement
    if (!input.matches('[data-redraw]')) return
    const question = at((input.dataset.path ?? '').split('.').slice(0, -1)) as Question
    if (question.kind === 'choice') question.options ??= [option(10), option(0)]
    draw()
  })
  root.addEventListener('click', (event) => {
    const button = (event.target as HTMLElement).closest<HTMLElement>('[data-do]')
    if (!button) return
    const path = (button.dataset.place ?? '').split('.')
    const index = Number(path.at(-1))
    const list = () => at(path.slice(0, -1)) as unknown[]
    let focus: string | undefined
    switch (button.dataset.do) {
      case 'add-section': {
        const section: Section = { id: key(), title: '', weight: 10, questions: [blank()] }
        draft.sections.push(section)
        focus = `${section.id}-title`
        break
      }
      case 'add-question': {
        const question = blank()
        ;(at(path) as Section).questions.push(question)
        focus = `${question.id}-text`
        break
      }
      case 'add-option': {
        const more = option(0)
        const question = at(path) as Question
        question.options = [...(question.options ?? []), more]
        focus = `${question.id}-${more.id}-label`
        break
      }
      case 'remove': {
        const gone = list()[index] as Partial<Section & Question>
        const full = (gone.questions?.length ?? 0) > 1
        if (full && !confirm(t('evaluations.forms.section_sure'))) return
        list().splice(index, 1)
        focus = 'add-section'
        break
      }
      default: {
        const to = index + (button.dataset.do === 'up' ? -1 : 1)
        const items = list()
        if (to < 0 || to >= items.length) return
        items.splice(to, 0, ...items.splice(index, 1))
      }
    }
    faults = {}
    say('')
    draw(focus ?? button.id)
    saving.changed()
  })
  find('[data-publish]').addEventListener('click', async (event) => {
    const button = event.currentTarget as HTMLButtonElement
    button.disabled = true
    try {
      await saving.now()
      const { number } = await post<{ number: number }>(`${address}/publish`, { revision })
      location.assign(`/evaluations/forms/${root.dataset.id}?version=${number}&done=saved`)
    } catch (error) {
      button.disabled = false
      faults = error instanceof PostError ? error.fields : {}
      say([(error as Error).message, faults.sections ?? faults.name ?? ''].join(' ').trim())
      draw()
      editor.querySelector('.field-error')?.scrollIntoView({ block: 'center' })
      if (!(error instanceof PostError)) toast((error as Error).message, 'fault')
    }
  })
  draw()
  root.dataset.ready = ''
}

function sum(weights: readonly { weight: number }[]): number {
  return weights.reduce((all, { weight }) => all + weight, 0)
}
function key(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => (byte % 36).toString(36)).join('')
}
function option(points: number): Option {
  return { id: key(), label: '', points }
}
function blank(): Question {
  return { id: key(), text: '', kind: 'yes_no', weight: 10, critical: false, na: true }
}
