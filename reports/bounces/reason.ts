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

/** In Spanish; `status` is `5.1.1`. */
export function reasonOf(status: string): string {
  const [, subject = '', detail = ''] = status.split('.')
  return reasons[`${subject}.${detail}`] ?? reasons[subject] ?? 'su servidor lo rechazó'
}
