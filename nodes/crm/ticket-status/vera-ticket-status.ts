import { defineNode } from '../../kit/define-node.ts'
import { definition } from './config.ts'
import { ticketStatus } from './ticket-status.ts'

export default defineNode(definition, ticketStatus)
