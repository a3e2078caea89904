import { defineNode } from '../../kit/define-node.ts'
import { definition } from './config.ts'
import { hours } from './hours.ts'

export default defineNode(definition, hours)
