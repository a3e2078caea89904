// FREESWITCH_URL: which switches there are, how they are reached and where their recordings are.
import { readName, readPort } from './config-values.ts'

/** One FreeSWITCH: its event socket, and where phones, browsers, the carrier and its fellow nodes reach it by SIP. */
export type SwitchNode = {
  host: string
  port: number
  password: string
  /** `fs1`, `fs2` ... unless the address names it. */
  name: string
  sip: {
    host: string
    agentsPort: number
    wsPort: number
    trunkPort: number
    nodesPort: number
    /** Where it speaks TLS to browsers and phones, when the address says so. */
    wssPort?: number
    tlsPort?: number
  }
  /** From where its recordings are fetched; undefined: it writes into RECORDINGS_DIR, shared. */
  recordings?: { url: string; secret: string }
}

/** Several, separated by commas: `esl://[name]:<password>@<host>[:port][?sip=&agents=&ws=&trunk=&nodes=&wss=&tls=&recordings=]`. */
export function readSwitches(value: string | undefined, faults: string[]): SwitchNode[] {
  if (value === undefined) return []
  return value
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .flatMap((part, index) => {
      const url = URL.canParse(part) ? new URL(part) : undefined
      if (url?.protocol !== 'esl:' || url.hostname === '') {
        faults.push('FREESWITCH_URL: cada dirección debe ser esl://:clave@host:8021 (varias, separadas por comas).')
        return []
      }
      if (url.password === '') {
        faults.push(`FREESWITCH_URL: falta la clave de ${url.hostname}. Escribila así: esl://:clave@${url.host}`)
        return []
      }
      const host = url.hostname.replace(/^\[|\]$/g, '')
      const port = (name: string, otherwise: number) =>
        readPort(`FREESWITCH_URL (${name})`, url.searchParams.get(name) ?? String(otherwise), faults)
      return [
        {
          host,
          port: Number(url.port || 8021),
          password: decodeURIComponent(url.password),
          name: readName('FREESWITCH_URL', decodeURIComponent(url.username) || `fs${index + 1}`, faults),
          sip: {
            host: readName('FREESWITCH_URL (sip)', url.searchParams.get('sip') ?? host, faults),
            agentsPort: port('agents', 5060),
            wsPort: port('ws', 5066),
            trunkPort: port('trunk', 5080),
            nodesPort: port('nodes', 5090),
            ...(url.searchParams.has('wss') ? { wssPort: port('wss', 7443) } : {}),
            ...(url.searchParams.has('tls') ? { tlsPort: port('tls', 5061) } : {}),
          },
          ...readRecordings(url.searchParams.get('recordings'), faults),
        },
      ]
    })
}

/** `shared` or nothing: RECORDINGS_DIR. Else `http://:<secret>@<host>[:port]/<path>`, percent-encoded as a query's value is. */
function readRecordings(value: string | null, faults: string[]): Pick<SwitchNode, 'recordings'> {
  if (value === null || value === '' || value === 'shared') return {}
  const url = URL.canParse(value) ? new URL(value) : undefined
  if (!url || !/^https?:$/.test(url.protocol) || url.password === '') {
    faults.push(
      'FREESWITCH_URL (recordings): poné shared, o la dirección con su clave: http://:clave@host:puerto/carpeta.',
    )
    return {}
  }
  const secret = decodeURIComponent(url.password)
  url.username = ''
  url.password = ''
  return { recordings: { url: url.href.replace(/\/+$/, ''), secret } }
}
