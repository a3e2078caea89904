import { type Discovered, discover } from './drawing/discover.ts'
import { createDraw, type Draw, drawn } from './drawing/draw.ts'
import type { DrawingContext } from './drawing/functions.ts'
import { type Translate, translator } from './drawing/translate.ts'
import { navigationFor } from './navigation.ts'
import type { Session } from './types.ts'

export type PageOptions = {
  title: string
  nav?: string
  script?: string
  layout?: 'app' | 'bare'
}
export type Form = NonNullable<DrawingContext['form']>

export type Pages = {
  found: Discovered
  draw: Draw
  translate(language: string): Translate
  render(
    template: string,
    model: object,
    options: PageOptions & {
      session: Session | undefined
      language: string
      timeZone: string
      url: string
      form?: Form
      /** Key of `http.done.*`: what was just done. */
      done?: string
      /** Agencies an administrator may choose from. */
      agencies?: { id: number; name: string }[]
      /** Whether a door exists, so that the bar has no dead links. */
      exists(path: string): boolean
    },
  ): string
}

let shared: Discovered | undefined

/** Templates and texts of all capabilities; read from disk once in a process. */
export function createPages(given?: Discovered): Pages {
  shared ??= given ?? discover()
  const found = given ?? shared
  const draw = createDraw(found)
  const translate = translator(found.texts)
  return {
    found,
    draw,
    translate,
    render(template, model, options) {
      const t = translate(options.language)
      const context: DrawingContext = {
        language: options.language,
        timeZone: options.timeZone,
        translate: t,
        session: options.session,
        now: Date.now(),
        ...(options.form ? { form: options.form } : {}),
      }
      const body = draw.template(template, model, context)
      const title = options.title in found.texts.es ? t(options.title) : options.title
      return draw.template(
        options.layout === 'bare' ? 'http/layout-bare' : 'http/layout-app',
        {
          title,
          body: drawn(body),
          script: options.script,
          name: template.replaceAll('/', '-'),
          done:
            options.done && `http.done.${options.done}` in found.texts.es ? t(`http.done.${options.done}`) : undefined,
          navigation: options.session ? navigationFor(options.session.role, options.nav, options.exists) : [],
          agencies: options.agencies?.map((agency) => ({ ...agency, chosen: agency.id === options.session?.agencyId })),
          initials: initials(options.session?.name ?? ''),
          other: options.language === 'es' ? { code: 'en-US', name: 'English' } : { code: 'es', name: 'Español' },
          back: options.url,
        },
        context,
      )
    },
  }
}

const initials = (name: string) =>
  name
    .split(/\s+/)
    .filter((word) => /^\p{L}/u.test(word))
    .slice(0, 2)
    .map((word) => [...word][0])
    .join('')
    .toUpperCase()
