import partials from 'vera:partials'
import Handlebars from 'handlebars/runtime'
import morphdom from 'morphdom'
import { type DrawingContext, templateFunctions } from '../drawing/functions.ts'
import { type Translate, translator } from '../drawing/translate.ts'
import { serverNow } from './socket.ts'

// Its types describe the CommonJS build, esbuild takes the other one.
const patch = morphdom as unknown as (
  from: Element,
  to: Element,
  options: { childrenOnly: boolean; onBeforeElUpdated(from: Element, to: Element): boolean },
) => void
const engine = Handlebars.create()
engine.registerHelper(templateFunctions(engine, serverNow))
for (const [name, precompiled] of Object.entries(partials)) {
  engine.registerPartial(name, engine.template(precompiled as TemplateSpecification))
}

const page = document.documentElement
const language = page.lang === 'en-US' ? 'en-US' : 'es'
const texts = (await (language === 'en-US' ? import('vera:texts/en-US') : import('vera:texts/es'))).default

/** A text of the locales in the page's language. */
export const t: Translate = translator({ [language]: texts })(language)

const context: DrawingContext = {
  language,
  timeZone: page.dataset.timeZone ?? 'America/Argentina/Buenos_Aires',
  translate: t,
}

/** Draws a partial with the same functions as on the server. */
export function drawPartial(name: string, model: object): string {
  const template = engine.partials[name] as Handlebars.TemplateDelegate | undefined
  if (!template) throw new Error(`there is no partial ${name}`)
  return template(model, { data: { ...context } })
}

/**
 * Makes `element` contain that markup with as few changes as can be: what is focused, open or marked `data-keep` stays
 * as the person left it. Elements are matched by their `id`.
 */
export function morph(element: Element, markup: string): void {
  const next = element.cloneNode(false) as Element
  next.innerHTML = markup
  // A row that moves to another place loses the focus on its way.
  const active = document.activeElement
  const focused = active && element.contains(active) ? active.id : ''
  patch(element, next, {
    childrenOnly: true,
    onBeforeElUpdated(from, to) {
      if (from.isEqualNode(to) || from.hasAttribute('data-keep')) return false
      if (from === document.activeElement && /^(INPUT|TEXTAREA|SELECT)$/.test(from.tagName)) return false
      if (from instanceof HTMLDetailsElement) to.toggleAttribute('open', from.open)
      if (from instanceof HTMLDialogElement && from.open) return false
      return true
    },
  })
  if (focused && document.activeElement?.id !== focused)
    document.getElementById(focused)?.focus({ preventScroll: true })
}
