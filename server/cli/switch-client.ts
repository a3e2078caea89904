import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { EslClient } from '../../freeswitch/esl/index.ts'
import type { SwitchAddress } from '../../freeswitch/esl/types.ts'
import type { Config } from '../config.ts'

/** Something that the person at the terminal can put right: shown as it is, exit code 1. */
export class Refusal extends Error {}

/** Where the configured switch is; without one, the embedded switch of the platform that runs. @throws Refusal */
export function switchAddress(config: Config): SwitchAddress {
  const [first] = config.switches
  if (first) return first
  const path = join(config.home, 'embedded-switch.json')
  if (!existsSync(path)) {
    throw new Refusal(
      'No hay conmutador: Vera no está en marcha y FREESWITCH_URL no está configurada. Arrancala con «npm start» en otra terminal.',
    )
  }
  return JSON.parse(readFileSync(path, 'utf8')) as SwitchAddress
}

/** A client that is connected; stop it. @throws Refusal in one line when it cannot be within `timeoutMs` */
export async function connectSwitch(config: Config, events: string[], timeoutMs = 5_000): Promise<EslClient> {
  const address = switchAddress(config)
  const client = new EslClient({ address, events })
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  client.on('up', () => resolve())
  client.on('down', reject)
  const timer = setTimeout(reject, timeoutMs)
  client.start()
  try {
    await promise
    return client
  } catch {
    const { state } = client
    await client.stop()
    if (state === 'refused') {
      throw new Refusal(
        `El conmutador ${address.host}:${address.port} rechazó la clave: la de FREESWITCH_URL no es la de event_socket.conf.xml (o la ACL no deja entrar).`,
      )
    }
    throw new Refusal(
      config.switches.length > 0
        ? `El conmutador ${address.host}:${address.port} no responde: revisá FREESWITCH_URL y que FreeSWITCH esté en marcha.`
        : 'Vera no está en marcha (la última vez se cortó sin aviso). Arrancala con «npm start» en otra terminal.',
    )
  } finally {
    clearTimeout(timer)
  }
}
