import { defineNode } from '../../kit/define-node.ts'
import { callback } from './callback.ts'
import { definition } from './config.ts'

export default defineNode(definition, callback)
