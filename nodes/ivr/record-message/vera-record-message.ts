import { defineNode } from '../../kit/define-node.ts'
import { definition } from './config.ts'
import { recordMessage } from './record-message.ts'

export default defineNode(definition, recordMessage)
