// Every node's definition: what the editor registers and `flow check` judges by. Plain data, also for the browser.
import { definition as createTicket } from './crm/create-ticket/config.ts'
import { definition as findCitizen } from './crm/find-citizen/config.ts'
import { definition as note } from './crm/note/config.ts'
import { definition as saveCitizen } from './crm/save-citizen/config.ts'
import { definition as ticketStatus } from './crm/ticket-status/config.ts'
import { definition as ask } from './ivr/ask/config.ts'
import { definition as callIn } from './ivr/call-in/config.ts'
import { definition as hangUp } from './ivr/hang-up/config.ts'
import { definition as hours } from './ivr/hours/config.ts'
import { definition as mask } from './ivr/mask/config.ts'
import { definition as menu } from './ivr/menu/config.ts'
import { definition as play } from './ivr/play/config.ts'
import { definition as recordMessage } from './ivr/record-message/config.ts'
import { definition as sayOption } from './ivr/say-option/config.ts'
import { definition as survey } from './ivr/survey/config.ts'
import { definition as transfer } from './ivr/transfer/config.ts'
import { definition as yesNo } from './ivr/yes-no/config.ts'
import type { NodeDefinition } from './kit/definition.ts'
import { definition as callback } from './queue/callback/config.ts'
import { definition as queue } from './queue/queue/config.ts'

export const palette: readonly NodeDefinition[] = [
  createTicket,
  findCitizen,
  note,
  saveCitizen,
  ticketStatus,
  ask,
  callIn,
  hangUp,
  hours,
  mask,
  menu,
  play,
  recordMessage,
  sayOption,
  survey,
  transfer,
  yesNo,
  callback,
  queue,
]
