import type { Language } from '../workbook/index.ts'

/** RFC 3463's codes as one who sends reports understands them; the longest that fits. */
const reasons: Record<string, string> = {
  '1': 'dirección rechazada',
  '1.1': 'casilla inexistente',
  '1.10': 'casilla inexistente',
  '1.2': 'el dominio no existe',
  '1.6': 'la casilla se mudó',
  '2': 'la casilla no recibe',
  '2.1': 'casilla deshabilitada',
  '2.2': 'casilla llena',
  '2.3': 'mensaje demasiado grande',
  '3.4': 'mensaje demasiado grande',
  '4': 'no se pudo llegar a su servidor',
  '4.1': 'su servidor no contesta',
  '4.4': 'el dominio no recibe correo',
  '4.7': 'su servidor no contestó a tiempo',
  '7': 'rechazado por las reglas de su servidor (¿correo no deseado?)',
}

const inEnglish: typeof reasons = {
  '1': 'address refused',
  '1.1': 'no such mailbox',
  '1.10': 'no such mailbox',
  '1.2': 'no such domain',
  '1.6': 'the mailbox has moved',
  '2': 'the mailbox takes nothing',
  '2.1': 'mailbox disabled',
  '2.2': 'mailbox full',
  '2.3': 'message too large',
  '3.4': 'message too large',
  '4': 'their server could not be reached',
  '4.1': 'their server does not answer',
  '4.4': 'the domain takes no mail',
  '4.7': 'their server did not answer in time',
  '7': 'refused by the rules of their server (spam?)',
}

/** In the language of whoever reads it; `status` is `5.1.1`. */
export function reasonOf(status: string, language: Language = 'es'): string {
  const [, subject = '', detail = ''] = status.split('.')
  const words = language === 'en-US' ? inEnglish : reasons
  const other = language === 'en-US' ? 'their server refused it' : 'su servidor lo rechazó'
  return words[`${subject}.${detail}`] ?? words[subject] ?? other
}
