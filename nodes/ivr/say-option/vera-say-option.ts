import { defineNode } from '../../kit/define-node.ts'
import { definition } from './config.ts'
import { sayOption } from './say-option.ts'

export default defineNode(definition, sayOption)
