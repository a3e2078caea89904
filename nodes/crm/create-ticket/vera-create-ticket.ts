import { defineNode } from '../../kit/define-node.ts'
import { definition } from './config.ts'
import { createTicket } from './create-ticket.ts'

export default defineNode(definition, createTicket)
