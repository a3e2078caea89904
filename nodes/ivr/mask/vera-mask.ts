import { defineNode } from '../../kit/define-node.ts'
import { definition } from './config.ts'
import { mask } from './mask.ts'

export default defineNode(definition, mask)
