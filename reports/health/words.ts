// What the seal says, in the language of whoever reads it.
import type { Language } from '../workbook/index.ts'

const counted = (locale: string) => {
  const integer = new Intl.NumberFormat(locale)
  const of = (count: number) => integer.format(count)
  return { of, many: (count: number, one: string, more: string) => `${of(count)} ${count === 1 ? one : more}` }
}
const inSpanish = counted('es-AR')
const inEnglish = counted('en-US')

const es = {
  labels: {
    records: 'Llamadas, entrantes y salientes, de los registros del conmutador que están también en los hechos',
    recordings: 'Grabaciones que debía haber y están',
    verified: 'Grabaciones que pasaron la verificación de la noche',
    rollups: 'Totales por intervalo iguales a los hechos',
    identity: 'Ofrecidas = contestadas + perdidas + desbordadas + devoluciones + en espera',
  },
  differs: (label: string, kept: number, facts: number) =>
    `${label}: ${inSpanish.of(kept)} en los totales, ${inSpanish.of(facts)} en los hechos`,
  calls: (count: number) => inSpanish.many(count, 'llamada', 'llamadas'),
  comparedCalls: (count: number) => `${inSpanish.of(count)} comparadas con el conmutador`,
  unexplained: (count: number) => `${inSpanish.of(count)} sin explicar`,
  noRecords: 'sin registros del conmutador para comparar',
  totals: (count: number) => inSpanish.many(count, 'total no cierra', 'totales no cierran'),
  missing: (count: number) =>
    count > 0 ? inSpanish.many(count, 'grabación falta', 'grabaciones faltan') : 'ninguna grabación falta',
  agencies: (count: number) => inSpanish.many(count, 'organismo', 'organismos'),
  sound: (count: number) => `${inSpanish.of(count)} sin diferencias`,
  comparing: (done: number, all: number | undefined) =>
    `comparando: ${inSpanish.of(done)}${all === undefined ? '' : ` de ${inSpanish.of(all)}`} organismos…`,
  missingIn: (names: string) => `faltan grabaciones o no pasaron la verificación en ${names}`,
  differingIn: (names: string) => `hay diferencias sin explicar en ${names}`,
  unverified: (count: number) =>
    inSpanish.many(count, 'grabación no pasó la verificación', 'grabaciones no pasaron la verificación'),
}
const en: typeof es = {
  labels: {
    records: "Calls of the switch's records, inbound and outbound, that are in the facts too",
    recordings: 'Recordings that were due and are there',
    verified: "Recordings that passed the night's verification",
    rollups: 'Totals by interval that are the same as the facts',
    identity: 'Offered = answered + abandoned + overflowed + callbacks + waiting',
  },
  differs: (label, kept, facts) => `${label}: ${inEnglish.of(kept)} in the totals, ${inEnglish.of(facts)} in the facts`,
  calls: (count) => inEnglish.many(count, 'call', 'calls'),
  comparedCalls: (count) => `${inEnglish.of(count)} compared with the switch`,
  unexplained: (count) => `${inEnglish.of(count)} unexplained`,
  noRecords: 'no records of the switch to compare with',
  totals: (count) => inEnglish.many(count, 'total does not add up', 'totals do not add up'),
  missing: (count) =>
    count > 0 ? inEnglish.many(count, 'recording is missing', 'recordings are missing') : 'no recording is missing',
  agencies: (count) => inEnglish.many(count, 'agency', 'agencies'),
  sound: (count) => `${inEnglish.of(count)} without differences`,
  comparing: (done, all) =>
    `comparing: ${inEnglish.of(done)}${all === undefined ? '' : ` of ${inEnglish.of(all)}`} agencies…`,
  missingIn: (names) => `recordings are missing or did not pass their verification in ${names}`,
  differingIn: (names) => `there are unexplained differences in ${names}`,
  unverified: (count) =>
    inEnglish.many(count, 'recording did not pass its verification', 'recordings did not pass their verification'),
}
export const sealWords = (language: Language) => (language === 'en-US' ? en : es)
