import { defineNode } from '../../kit/define-node.ts'
import { definition } from './config.ts'
import { survey } from './survey.ts'

export default defineNode(definition, survey)
