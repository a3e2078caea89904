// How one value of the configuration is read: a fault in the operator's language says what to write instead.
import { resolve } from 'node:path'

export function readSwitch(value: string | undefined, fallback: boolean, faults: string[]): boolean {
  if (value === undefined) return fallback
  if (/^(on|true|1|s[ií])$/i.test(value)) return true
  if (/^(off|false|0|no)$/i.test(value)) return false
  faults.push(`DEMO: «${value}» no vale. Poné on u off.`)
  return fallback
}

export function readPort(name: string, value: string, faults: string[]): number {
  const port = Number(value)
  if (/^\d{1,5}$/.test(value) && port <= 65_535) return port
  faults.push(`${name}: «${value}» no es un puerto. Poné un número de 0 a 65535 (0: cualquiera libre).`)
  return 0
}

export function readAddress(name: string, value: string, faults: string[]): { host: string; port: number } {
  const match = /^(\[[0-9a-fA-F:]+\]|[^:\s]+):(\d{1,5})$/.exec(value)
  if (match && Number(match[2]) <= 65_535) return { host: match[1]!.replace(/^\[|\]$/g, ''), port: Number(match[2]) }
  faults.push(`${name}: «${value}» no es una dirección. Poné host:puerto (por ejemplo 127.0.0.1:8084).`)
  return { host: '', port: 0 }
}

export function readName(name: string, value: string, faults: string[]): string {
  if (/^[A-Za-z0-9][A-Za-z0-9.:_-]{0,62}$/.test(value)) return value
  faults.push(`${name}: «${value.slice(0, 40)}» no vale. Usá letras, números, puntos y guiones.`)
  return ''
}

export function readDatabase(value: string, root: string, faults: string[]): string {
  if (value.startsWith('sqlite:')) {
    const path = value.slice('sqlite:'.length)
    if (path === '')
      faults.push('DATABASE_URL: falta la ruta después de «sqlite:» (por ejemplo sqlite:var/vera.sqlite).')
    return path === ':memory:' || path === '' ? value : `sqlite:${resolve(root, path)}`
  }
  if (!/^(mysql|mariadb):\/\//.test(value) || !URL.canParse(value)) {
    faults.push('DATABASE_URL: debe ser mysql://usuario:clave@host/base o sqlite:ruta.')
  } else if (new URL(value).pathname.length < 2) {
    faults.push('DATABASE_URL: falta el nombre de la base (mysql://usuario:clave@host/base).')
  }
  return value
}

export function readUrl(
  name: string,
  value: string | undefined,
  schemes: string[],
  faults: string[],
): string | undefined {
  if (value === undefined) return undefined
  const url = URL.canParse(value) ? new URL(value) : undefined
  if (!url || !schemes.includes(url.protocol.slice(0, -1)) || url.hostname === '') {
    faults.push(`${name}: debe empezar con ${schemes.map((s) => `${s}://`).join(' o ')} y tener un servidor.`)
  }
  return value
}

export function readOneOf<Value extends string>(
  name: string,
  value: string | undefined,
  allowed: readonly Value[],
  fallback: Value,
  faults: string[],
): Value {
  if (value === undefined) return fallback
  if ((allowed as readonly string[]).includes(value)) return value as Value
  faults.push(`${name}: «${value}» no vale. Poné uno de: ${allowed.join(', ')}.`)
  return fallback
}

export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('es-AR', { timeZone: name })
    return true
  } catch {
    return false
  }
}
