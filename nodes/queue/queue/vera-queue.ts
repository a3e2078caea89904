import { defineNode } from '../../kit/define-node.ts'
import { definition } from './config.ts'
import { queue } from './queue.ts'

export default defineNode(definition, queue)
