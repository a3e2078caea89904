// What a file says beside its figures, in the language of whoever asked for it.
export type Language = 'es' | 'en-US'

const es = {
  cover: 'Portada',
  definitions: 'Definiciones',
  category: 'Informe',
  heads: ['Medida', 'Definición', 'Unidad', 'Versión'],
  page: 'Página &P de &N',
  pageOf: (page: number, pages: number) => `Página ${page} de ${pages}`,
  seal: 'Salud de los datos',
  states: { good: 'Datos sanos', warning: 'Atención', bad: 'Diferencias' },
  compared: (compared: string, wrong: string) => `${compared} comparadas, ${wrong} no coinciden`,
  defined: 'Las definiciones de cada medida están en la última hoja.',
  linked: 'Cada cifra que se puede abrir lleva a lo que la compone.',
  open: 'Abrir este informe en Vera',
  made: 'generado',
  empty: 'No hay datos en el período elegido.',
  part: (part: number, parts: number) => `${part} de ${parts}`,
  cut: (shown: string, all: string) => `Se muestran ${shown} de ${all} filas; el Excel las trae todas.`,
  how: 'Cómo se calcula cada medida',
  /** Parameters that paper says elsewhere. */
  agency: 'Organismo',
  generated: 'Generado',
}
const en: typeof es = {
  cover: 'Cover',
  definitions: 'Definitions',
  category: 'Report',
  heads: ['Measure', 'Definition', 'Unit', 'Version'],
  page: 'Page &P of &N',
  pageOf: (page, pages) => `Page ${page} of ${pages}`,
  seal: 'Data health',
  states: { good: 'Sound data', warning: 'Attention', bad: 'Differences' },
  compared: (compared, wrong) => `${compared} compared, ${wrong} do not agree`,
  defined: 'The definitions of all measures are on the last sheet.',
  linked: 'Each figure that can be opened leads to what it is made of.',
  open: 'Open this report in Vera',
  made: 'made',
  empty: 'There are no data in the chosen period.',
  part: (part, parts) => `${part} of ${parts}`,
  cut: (shown, all) => `${shown} of ${all} rows are shown; the Excel has them all.`,
  how: 'How each measure is computed',
  agency: 'Agency',
  generated: 'Made on',
}
export const wordsIn = (language: Language | undefined) => (language === 'en-US' ? en : es)
