const words: Record<string, string> = {
  answered: 'atendida',
  abandoned: 'colgó mientras esperaba',
  timeout: 'se cumplió el tiempo máximo de espera',
  full: 'la cola estaba llena',
  no_agents: 'no había agentes',
  closed: 'la cola estaba cerrada',
  blocked: 'número bloqueado',
  callback: 'pidió que la llamen',
  diverted: 'desviada',
}

/** How a call left a queue, as the reports count it: one of a few whatever the leg says. */
export function exitInWords(exit: string): string {
  if (/^key:[0-9*#]$/.test(exit)) return `marcó ${exit.slice(4)}`
  return Object.hasOwn(words, exit) ? (words[exit] as string) : 'otra salida'
}
