import { defineNode } from '../../kit/define-node.ts'
import { definition } from './config.ts'
import { transfer } from './transfer.ts'

export default defineNode(definition, transfer)
