import { defineNode } from '../../kit/define-node.ts'
import { callIn } from './call-in.ts'
import { definition } from './config.ts'

export default defineNode(definition, callIn)
