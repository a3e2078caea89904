// What the softphone needs of other rooms; server/platform.ts fills it.
import type { Session } from '../http/types.ts'

/** Why an agent cannot be rung, in routing's words. */
export type Unreachable = 'phone' | 'microphone' | 'network'

/** What a browser registers with. */
export type SoftphoneCredential = {
  /** The agent's own. */
  extension: string
  /** SIP user; the extension when missing. Must be the extension itself or `<extension>-web`. */
  user?: string
  domain: string
  password: string
  /** UTC ms; the page asks again a minute before. */
  expiresAt: number
}

export type SoftphonePorts = {
  /** The websocket of the switch that serves this person; undefined: no switch with SIP (the embedded one). */
  upstream(session: Session): { url: string } | undefined
  /** Undefined: this agent has no browser phone. */
  credential(agentId: number): Promise<SoftphoneCredential | undefined>
  /** Tells routing whether the agent may be offered calls. */
  reachable?(agentId: number, reachable: boolean, why?: Unreachable): void
  /** The agent's page was loaded anew and holds no call: ring it again if there was one, and join the citizen to it. */
  reattach?(agentId: number): Promise<void> | void
  /** STUN and TURN for browsers outside of the switch's network. */
  iceServers?: { urls: string | string[]; username?: string; credential?: string }[]
  /** Whether calls are answered by themselves unless the agent chose otherwise in the browser (default: no). */
  autoAnswer?(agentId: number): boolean | Promise<boolean>
  log?(line: string): void
}

/** What `GET /api/softphone` answers. */
export type SoftphoneAccount =
  | { enabled: false }
  | {
      enabled: true
      uri: string
      user: string
      password: string
      expiresAt: number
      wsPath: string
      iceServers: NonNullable<SoftphonePorts['iceServers']>
      autoAnswer: boolean
      displayName: string
      extension: string
    }
