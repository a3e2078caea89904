import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { parseEnv } from 'node:util'
import { parse as parseToml } from 'smol-toml'
import { readSwitches, type SwitchNode } from './config-switches.ts'
import {
  isTimeZone,
  readAddress,
  readDatabase,
  readName,
  readOneOf,
  readPort,
  readSwitch,
  readUrl,
} from './config-values.ts'

export type { SwitchNode } from './config-switches.ts'

/** Everything that can be set from outside; folders are absolute. */
export type Config = {
  /** Neither a database nor a switch was configured: example centre, embedded switch, loopback only. */
  tryOut: boolean
  host: string
  port: number
  /** How browsers reach us, without a slash at the end. */
  publicUrl: string
  databaseUrl: string
  /** Empty: the embedded switch. */
  switches: SwitchNode[]
  callListen: { host: string; port: number }
  /** Everything that we write ourselves: `var`. */
  home: string
  recordingsDir: string
  cdrDir: string
  smtpUrl: string | undefined
  imapUrl: string | undefined
  smppUrl: string | undefined
  redisUrl: string | undefined
  /** SIP domain of the agents' phones. */
  sipDomain: string
  /** What the switch says to `/freeswitch/*`; undefined: made at the first start and kept in `<home>/switch-secret`. */
  switchSecret: string | undefined
  /** This process among several over one database. */
  serverName: string
  /** Where the other servers over the same database reach this one; undefined: it is alone. */
  clusterUrl: string | undefined
  /** A program or a http(s) address that speaks a text; undefined: espeak-ng. */
  speech: string | undefined
  /** A program or a http(s) or ws(s) address that understands speech; undefined: pocketsphinx. */
  recogniser: string | undefined
  /** Undefined: made at the first start and kept in `<home>/session-secret`. */
  sessionSecret: string | undefined
  timeZone: string
  demo: boolean
  demoPassword: string
  role: 'all' | 'server' | 'flows'
  logLevel: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent'
}

/** The configuration is wrong; `faults` has one line for each thing, saying what to do. */
export class ConfigError extends Error {
  readonly faults: string[]
  constructor(faults: string[]) {
    super(faults.join('\n'))
    this.name = 'ConfigError'
    this.faults = faults
  }
}

/** What `readConfig` needs of the disk, so that it stays pure. */
export type ConfigFiles = {
  /** The text of vera.toml, when there is one. */
  toml?: string
  /** The text of .env, when there is one. */
  dotenv?: string
  /** For names that end in `_FILE`; throws when the file cannot be read. */
  read?(path: string): string
  /** What relative paths are relative to. */
  root?: string
}

const names = [
  'HOST',
  'PORT',
  'PUBLIC_URL',
  'DATABASE_URL',
  'FREESWITCH_URL',
  'CALL_LISTEN',
  'RECORDINGS_DIR',
  'CDR_DIR',
  'SMTP_URL',
  'IMAP_URL',
  'SMPP_URL',
  'REDIS_URL',
  'SESSION_SECRET',
  'SIP_DOMAIN',
  'SWITCH_SECRET',
  'SERVER_NAME',
  'CLUSTER_URL',
  'SPEECH',
  'RECOGNISER',
  'TZ_DEFAULT',
  'DEMO',
  'DEMO_PASSWORD',
  'ROLE',
  'LOG_LEVEL',
] as const
type Name = (typeof names)[number]

/** Values that hold or may hold a password: they are read once, and can be given as `<NAME>_FILE`. */
export const secretNames: readonly Name[] = [
  'DATABASE_URL',
  'FREESWITCH_URL',
  'SMTP_URL',
  'IMAP_URL',
  'SMPP_URL',
  'REDIS_URL',
  'SESSION_SECRET',
  'SWITCH_SECRET',
  'SPEECH',
  'RECOGNISER',
  'DEMO_PASSWORD',
]

const loopback = /^(127(\.\d{1,3}){3}|::1|localhost)$/
const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const
const roleNames = ['all', 'server', 'flows'] as const

/**
 * Reads the configuration; the environment wins over `.env`, which wins over `vera.toml`. An empty value counts as none.
 * @throws ConfigError with every fault at once, in Spanish, none of them showing a password
 */
export function readConfig(env: Record<string, string | undefined>, files: ConfigFiles = {}): Config {
  const faults: string[] = []
  const root = files.root ?? '.'
  const values = gather(env, files, faults)
  const text = (name: Name) => values.get(name)

  const tryOut = text('DATABASE_URL') === undefined && text('FREESWITCH_URL') === undefined
  const demo = readSwitch(text('DEMO'), tryOut, faults)
  const host = text('HOST') ?? '127.0.0.1'
  if (tryOut && !loopback.test(host)) {
    faults.push(
      `HOST: la prueba (sin DATABASE_URL ni FREESWITCH_URL) solo escucha en 127.0.0.1, no en «${host}». Quitá HOST, o configurá DATABASE_URL para ponerla en servicio.`,
    )
  }
  const port = readPort('PORT', text('PORT') ?? '3000', faults)
  const demoPassword = text('DEMO_PASSWORD')
  if (demo && !tryOut && demoPassword === undefined) {
    faults.push(
      'DEMO_PASSWORD: con DEMO=on fuera de la prueba no hay clave por defecto. Elegí una de 8 caracteres o más.',
    )
  }
  if (demo && !tryOut && demoPassword !== undefined && demoPassword.length < 8) {
    faults.push('DEMO_PASSWORD: es demasiado corta. Elegí una de 8 caracteres o más.')
  }
  const secret = text('SESSION_SECRET')
  if (secret !== undefined && secret.length < 32) {
    faults.push('SESSION_SECRET: es demasiado corto. Poné 32 caracteres o más (por ejemplo: openssl rand -hex 32).')
  }
  const switchSecret = text('SWITCH_SECRET')
  // Made by each server for itself they would differ: no server would know the other, nor the switch both.
  if (text('CLUSTER_URL') !== undefined)
    for (const [name, value] of Object.entries({ SESSION_SECRET: secret, SWITCH_SECRET: switchSecret }))
      if (value === undefined)
        faults.push(
          `CLUSTER_URL: con varios servidores poné el mismo ${name} en todos (por ejemplo: openssl rand -hex 32).`,
        )
  if (switchSecret !== undefined && !/^[\w-]{16,200}$/.test(switchSecret)) {
    faults.push('SWITCH_SECRET: poné de 16 a 200 letras, números, - o _ (por ejemplo: openssl rand -hex 32).')
  }
  const timeZone = text('TZ_DEFAULT') ?? 'America/Argentina/Buenos_Aires'
  if (!isTimeZone(timeZone)) {
    faults.push(
      `TZ_DEFAULT: «${timeZone}» no es una zona horaria conocida. Usá una como America/Argentina/Buenos_Aires.`,
    )
  }
  const databaseUrl = readDatabase(text('DATABASE_URL') ?? 'sqlite:var/vera.sqlite', root, faults)
  const config: Config = {
    tryOut,
    host: host === 'localhost' ? '127.0.0.1' : host,
    port,
    publicUrl: readUrl('PUBLIC_URL', text('PUBLIC_URL'), ['http', 'https'], faults)?.replace(/\/+$/, '') ?? '',
    databaseUrl,
    switches: readSwitches(text('FREESWITCH_URL'), faults),
    callListen: readAddress('CALL_LISTEN', text('CALL_LISTEN') ?? '127.0.0.1:8084', faults),
    home: resolve(root, 'var'),
    recordingsDir: resolve(root, text('RECORDINGS_DIR') ?? 'var/recordings'),
    cdrDir: resolve(root, text('CDR_DIR') ?? 'var/cdr'),
    smtpUrl: readUrl('SMTP_URL', text('SMTP_URL'), ['smtp', 'smtps'], faults),
    imapUrl: readUrl('IMAP_URL', text('IMAP_URL'), ['imap', 'imaps'], faults),
    smppUrl: readUrl('SMPP_URL', text('SMPP_URL'), ['smpp', 'ssmpp'], faults),
    redisUrl: readUrl('REDIS_URL', text('REDIS_URL'), ['redis', 'rediss'], faults),
    sipDomain: readName('SIP_DOMAIN', text('SIP_DOMAIN') ?? 'vera.local', faults),
    switchSecret,
    serverName: readName('SERVER_NAME', text('SERVER_NAME') ?? 'vera', faults),
    clusterUrl: readUrl('CLUSTER_URL', text('CLUSTER_URL'), ['http', 'https'], faults),
    speech: text('SPEECH'),
    recogniser: text('RECOGNISER'),
    sessionSecret: secret,
    timeZone,
    demo,
    demoPassword: demoPassword ?? (tryOut ? 'vera' : ''),
    role: readOneOf('ROLE', text('ROLE'), roleNames, 'all', faults),
    logLevel: readOneOf('LOG_LEVEL', text('LOG_LEVEL'), logLevels, tryOut ? 'warn' : 'info', faults),
  }
  if (config.publicUrl === '') config.publicUrl = `http://${bracketed(config.host)}:${config.port}`
  if (faults.length > 0) throw new ConfigError(faults)
  return config
}

/**
 * The only reader of the process's environment. Removes secrets from it, so that neither flows nor child processes see them.
 * @throws ConfigError
 */
export function loadConfig(root: string, env: NodeJS.ProcessEnv = process.env): Config {
  const text = (name: string) => {
    const path = join(root, name)
    return existsSync(path) ? readFileSync(path, 'utf8') : undefined
  }
  try {
    return readConfig(env, {
      toml: text('vera.toml'),
      dotenv: text('.env'),
      root,
      read: (path) => readFileSync(resolve(root, path), 'utf8'),
    })
  } finally {
    for (const name of secretNames) {
      delete env[name]
      delete env[`${name}_FILE`]
    }
  }
}

/** The secret that encrypts what Node-RED keeps; made once (mode 0600) when none is configured. */
export const sessionSecret = (config: Config) => config.sessionSecret ?? keptSecret(config, 'session-secret')

/** What the switch shows at `/freeswitch/*`; made once (mode 0600) when none is configured. */
export const switchSecret = (config: Config) => config.switchSecret ?? keptSecret(config, 'switch-secret')

function keptSecret(config: Config, name: string): string {
  const path = join(config.home, name)
  if (!existsSync(path)) {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, randomBytes(32).toString('hex'), { mode: 0o600, flag: 'wx' })
  }
  return readFileSync(path, 'utf8').trim()
}

function gather(env: Record<string, string | undefined>, files: ConfigFiles, faults: string[]): Map<Name, string> {
  const values = new Map<Name, string>()
  const known = new Set<string>([...names, ...secretNames.map((name) => `${name}_FILE`)])
  const layers: Record<string, unknown>[] = []
  if (files.toml !== undefined) {
    try {
      const table = Object.entries(parseToml(files.toml)).map(([key, value]) => [key.toUpperCase(), value] as const)
      for (const [key] of table) {
        if (!known.has(key))
          faults.push(`vera.toml: «${key.slice(0, 40)}» no es una opción de Vera. Quitala o corregí el nombre.`)
      }
      layers.push(Object.fromEntries(table))
    } catch (error) {
      const line = (error as { line?: number }).line
      faults.push(
        `vera.toml: no se puede leer${line ? ` (línea ${line})` : ''}. Revisá la sintaxis TOML (NOMBRE = "valor").`,
      )
    }
  }
  if (files.dotenv !== undefined) layers.push(parseEnv(files.dotenv))
  layers.push(env)
  for (const name of names) {
    for (const layer of layers) {
      const path = secretNames.includes(name) ? layer[`${name}_FILE`] : undefined
      if (typeof path === 'string' && path !== '') {
        try {
          values.set(name, (files.read?.(path) ?? '').trim())
        } catch {
          faults.push(`${name}_FILE: no se puede leer «${path}». Revisá que el archivo exista y los permisos.`)
        }
      }
      const value = layer[name]
      if (typeof value === 'number' || typeof value === 'boolean') values.set(name, String(value))
      else if (typeof value === 'string' && value.trim() !== '') values.set(name, value.trim())
      else if (value !== undefined && typeof value !== 'string') faults.push(`${name}: debe ser un texto.`)
    }
  }
  return values
}

const bracketed = (host: string) => (host.includes(':') ? `[${host}]` : host)
