import { defineNode } from '../../kit/define-node.ts'
import { definition } from './config.ts'
import { yesNo } from './yes-no.ts'

export default defineNode(definition, yesNo)
