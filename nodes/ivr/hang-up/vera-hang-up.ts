import { defineNode } from '../../kit/define-node.ts'
import { definition } from './config.ts'
import { hangUp } from './hang-up.ts'

export default defineNode(definition, hangUp)
