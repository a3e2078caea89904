import i18next, { type i18n } from 'i18next'

export type Translate = (key: string, values?: Record<string, unknown>) => string
export const languages = ['es', 'en-US'] as const
export type Language = (typeof languages)[number]
/** Key with dots -> text. */
export type TextTree = Record<string, string>

/** Spanish is the default, English its alternative; a missing text falls back to the other language, then to its key. */
export function translator(trees: Partial<Record<Language, TextTree>>): (language: string) => Translate {
  const engine: i18n = i18next.createInstance()
  engine.init({
    resources: Object.fromEntries(Object.entries(trees).map(([language, tree]) => [language, { translation: tree }])),
    fallbackLng: ['es', 'en-US'],
    supportedLngs: [...languages],
    keySeparator: false,
    nsSeparator: false,
    // Handlebars escapes; doing it twice would show &amp;
    interpolation: { escapeValue: false, skipOnVariables: true },
    showSupportNotice: false,
    initAsync: false,
  } as Parameters<i18n['init']>[0])
  const made = new Map<string, Translate>()
  return (language) => {
    const wanted = language === 'en-US' ? 'en-US' : 'es'
    let translate = made.get(wanted)
    if (!translate) {
      const fixed = engine.getFixedT(wanted)
      translate = (key, values) => fixed(key, values ?? {}) as string
      made.set(wanted, translate)
    }
    return translate
  }
}
