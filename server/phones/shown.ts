// The certificates that browsers and phones are shown: asked for as they would, so that what counts is what is in use, and
// not a file that somebody forgot to load.
import { connect, type DetailedPeerCertificate } from 'node:tls'
import { type CertificateState, certificateState } from './certificate.ts'
import type { RaiseAlarm } from './types.ts'

/** Where a certificate is shown. */
export type CertificatePlace = {
  host: string
  port: number
  /** Somebody said that TLS is spoken there: silence is a fault. Else it may well not be. */
  expected: boolean
}
export type ShownCertificate = {
  /** `host:port`. */
  place: string
  state: CertificateState['state'] | 'away'
  expiresAt: number | undefined
}

/** The chain that a server shows, PEM, its own first; undefined: nobody there speaks TLS. Never rejects. */
export function shownChain(
  { host, port }: { host: string; port: number },
  timeoutMs = 5_000,
): Promise<string | undefined> {
  return new Promise((resolve) => {
    const name = /^[\d.]+$|:/.test(host) ? {} : { servername: host }
    const socket = connect({ host, port, ...name, rejectUnauthorized: false }, () => {
      const blocks: string[] = []
      const seen = new Set<string>()
      let one: DetailedPeerCertificate | undefined = socket.getPeerCertificate(true)
      while (one?.raw && !seen.has(one.fingerprint256)) {
        seen.add(one.fingerprint256)
        blocks.push(
          `-----BEGIN CERTIFICATE-----\n${one.raw.toString('base64').replace(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----`,
        )
        one = one.issuerCertificate
      }
      resolve(blocks.join('\n'))
      socket.destroy()
    })
    socket.setTimeout(timeoutMs, () => socket.destroy(new Error('timeout')))
    socket.on('error', () => resolve(undefined))
    socket.on('close', () => resolve(undefined))
  })
}

/** Looks every six hours and tells what ends soon or has ended, once a day. */
export function createCertificates(options: {
  places(): readonly CertificatePlace[]
  alarm: RaiseAlarm
  now(): number
  ask?: typeof shownChain
}) {
  const { now } = options
  const ask = options.ask ?? shownChain
  const told = new Map<string, number>()
  let last: ShownCertificate[] = []
  let timer: NodeJS.Timeout | undefined
  let looking: Promise<void> | undefined

  async function look(): Promise<void> {
    const found = await Promise.all(
      options.places().map(async (where): Promise<ShownCertificate | undefined> => {
        const place = `${where.host.includes(':') ? `[${where.host}]` : where.host}:${where.port}`
        const chain = await ask(where)
        if (chain === undefined) return where.expected ? { place, state: 'away', expiresAt: undefined } : undefined
        return { place, ...certificateState(chain, now()) }
      }),
    )
    last = found.filter((one) => one !== undefined)
    for (const one of last) {
      if (one.state === 'good' || (told.get(one.place + one.state) ?? 0) > now() - 86_400_000) continue
      told.set(one.place + one.state, now())
      options.alarm(1, { code: `phones.certificate_${one.state}`, message: textOf(one), subject: one.place })
    }
  }
  return {
    /** As last looked at. */
    list: (): readonly ShownCertificate[] => last,
    /** Looks now; a look that runs is waited for. */
    look(): Promise<void> {
      looking ??= look().finally(() => {
        looking = undefined
      })
      return looking
    },
    start(): void {
      void this.look()
      timer = setInterval(() => void this.look(), 6 * 3_600_000)
    },
    async stop(): Promise<void> {
      clearInterval(timer)
      await looking
    },
  }
}
export type Certificates = ReturnType<typeof createCertificates>

function textOf({ place, state, expiresAt }: ShownCertificate): string {
  const day = expiresAt === undefined ? '' : new Date(expiresAt).toISOString().slice(0, 10)
  if (state === 'soon') return `El certificado de ${place} vence el ${day}: renovalo antes, o no habrá teléfonos.`
  if (state === 'expired')
    return `El certificado de ${place} venció el ${day}: navegadores y teléfonos no se conectan. Renovalo.`
  if (state === 'not_yet') return `El certificado de ${place} todavía no vale: revisá la fecha del equipo.`
  if (state === 'away')
    return `En ${place} nadie muestra un certificado: ¿está en marcha el conmutador con SIP_TLS_DIR?`
  return `El certificado de ${place} no se puede leer: revisá el archivo.`
}
