import { defineNode } from '../../kit/define-node.ts'
import { askData } from './ask.ts'
import { definition } from './config.ts'

export default defineNode(definition, askData)
