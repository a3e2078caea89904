import type { SwitchClient } from '../../freeswitch/esl/types.ts'

/** A switch of which phones and lines are told. */
export type PhoneNode = { name: string; client: Pick<SwitchClient, 'state' | 'api' | 'bgapi' | 'on' | 'off'> }

/** `flows`' sink fits. */
export type RaiseAlarm = (agencyId: number, alarm: { code: string; message: string; subject: string }) => void

/** A phone that can be rung now. */
export type Registration = {
  /** Name of the switch that it registered with. */
  node: string
  agent: 'browser' | 'desk'
  /** ms; of a registration found after a restart: when it was found. */
  since: number
  /** Its address as the switch saw it. */
  address: string
  port: number
  userAgent: string
  contact: string
  /** ms; undefined: not known. */
  expiresAt: number | undefined
  /** Other devices that took the same registration in turn: two phones with one extension. */
  others: { address: string; userAgent: string; at: number }[]
}

/** The events that `createPhones` needs of each switch. */
export const phoneEvents = [
  'CHANNEL_HANGUP_COMPLETE',
  'CUSTOM sofia::register',
  'CUSTOM sofia::unregister',
  'CUSTOM sofia::expire',
  'CUSTOM sofia::register_attempt',
] as const
