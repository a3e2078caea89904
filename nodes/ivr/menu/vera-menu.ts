import { defineNode } from '../../kit/define-node.ts'
import { definition } from './config.ts'
import { menu } from './menu.ts'

export default defineNode(definition, menu)
