import { defineNode } from '../../kit/define-node.ts'
import { definition } from './config.ts'
import { note } from './note.ts'

export default defineNode(definition, note)
