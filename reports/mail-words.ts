// What the mails of schedules say around the report, in the language of whoever scheduled it.
import type { Language } from './workbook/index.ts'

const es = {
  lang: 'es-AR',
  period: 'Período',
  sample: 'Es una muestra: solo la recibís vos.',
  late: (when: string) => `Este envío sale con demora: estaba programado para el ${when}.`,
  markSample: ' (muestra)',
  markLate: ' (con demora)',
  screen: 'Verlo en Vera, con las llamadas detrás de cada número',
  screenAt: (address: string) => `En Vera, con las llamadas detrás de cada número: ${address}`,
  tooLarge: (names: string) => `Los archivos (${names}) son más grandes que lo que acepta el servidor de correo.`,
  tooLargeAt: (address: string) => `Están en ${address}`,
  fetch: 'Entrá a Vera para descargarlos',
  attached: (names: string) => `El informe completo va adjunto (${names}).`,
  by: (owner: string, name: string) => `Programado por ${owner} como «${name}».`,
  stop: 'Para dejar de recibirlo, pedile que lo pause o saque tu dirección en Informes › Programados.',
  failed: (name: string) => `No se pudo enviar «${name}»`,
  failedText: (owner: string, name: string, error: string) =>
    `Hola ${owner}:\n\nEl informe programado «${name}» no se pudo enviar.\n\nMotivo: ${error}\n\nPodés revisarlo y enviarlo de nuevo en Informes › Programados.`,
  failedUnseen: 'No se pudo enviar un informe que programaste',
  failedUnseenText: (owner: string) =>
    `Hola ${owner}:\n\nUn informe que programaste no se pudo enviar. Ya no podés ver cómo está programado: pedile a un administrador que lo revise o lo borre.`,
  bounced: (name: string, where: string | number) =>
    `«${name}» rebotó en ${typeof where === 'number' ? `${where} casillas` : where}`,
  bouncedText: (owner: string, name: string, due: string, lines: string) =>
    `Hola ${owner}:\n\nEl informe programado «${name}» del ${due} no llegó a:\n\n${lines}\n\nCorregí la dirección o sacala en Informes › Programados.`,
}
const en: typeof es = {
  lang: 'en-US',
  period: 'Period',
  sample: 'This is a sample: only you get it.',
  late: (when) => `This goes out late: it was due on ${when}.`,
  markSample: ' (sample)',
  markLate: ' (late)',
  screen: 'See it in Vera, with the calls behind each figure',
  screenAt: (address) => `In Vera, with the calls behind each figure: ${address}`,
  tooLarge: (names) => `The files (${names}) are larger than the mail server takes.`,
  tooLargeAt: (address) => `They are at ${address}`,
  fetch: 'Open Vera to download them',
  attached: (names) => `The whole report is attached (${names}).`,
  by: (owner, name) => `Scheduled by ${owner} as «${name}».`,
  stop: 'To stop getting it, ask them to pause it or to remove your address in Reports › Scheduled.',
  failed: (name) => `«${name}» could not be sent`,
  failedText: (owner, name, error) =>
    `Hello ${owner},\n\nThe scheduled report «${name}» could not be sent.\n\nReason: ${error}\n\nYou can look at it and send it again in Reports › Scheduled.`,
  failedUnseen: 'A report that you scheduled could not be sent',
  failedUnseenText: (owner) =>
    `Hello ${owner},\n\nA report that you scheduled could not be sent. You can no longer see how it is scheduled: ask an administrator to look at it or to delete it.`,
  bounced: (name, where) => `«${name}» bounced at ${typeof where === 'number' ? `${where} mailboxes` : where}`,
  bouncedText: (owner, name, due, lines) =>
    `Hello ${owner},\n\nThe scheduled report «${name}» of ${due} did not arrive at:\n\n${lines}\n\nCorrect the address or remove it in Reports › Scheduled.`,
}
export const mailWords = (language: Language | undefined) => (language === 'en-US' ? en : es)
