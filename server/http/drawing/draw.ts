import Handlebars from 'handlebars'
import type { Discovered } from './discover.ts'
import { type DrawingContext, templateFunctions } from './functions.ts'

export type Draw = {
  /** Draws a page or a partial. @throws Error when there is no such template */
  template(name: string, model: object, context: DrawingContext): string
  has(name: string): boolean
  /** JavaScript source of one object of precompiled partials, for the browser. */
  precompiledPartials(): string
}

export function createDraw(found: Discovered, now?: () => number): Draw {
  const engine = Handlebars.create()
  engine.registerHelper(templateFunctions(engine, now))
  for (const [name, source] of found.partials) engine.registerPartial(name, source)
  const compiled = new Map<string, Handlebars.TemplateDelegate>()
  const sourceOf = (name: string) => found.pages.get(name) ?? found.partials.get(name)
  return {
    template(name, model, context) {
      let template = compiled.get(name)
      if (!template) {
        const source = sourceOf(name)
        if (source === undefined) throw new Error(`there is no template ${name}`)
        template = engine.compile(source)
        compiled.set(name, template)
      }
      return template(model, { data: context })
    },
    has: (name) => sourceOf(name) !== undefined,
    precompiledPartials() {
      const parts = [...found.partials].map(([name, source]) => {
        try {
          return `${JSON.stringify(name)}: ${engine.precompile(source) as string}`
        } catch (error) {
          throw new Error(`partial ${name}: ${(error as Error).message}`)
        }
      })
      return `export default {${parts.join(',\n')}}`
    },
  }
}

/** Markup that we drew ourselves, to be put into a layout as it is. */
export const drawn = (markup: string) => new Handlebars.SafeString(markup)
