import { defineNode } from '../../kit/define-node.ts'
import { definition } from './config.ts'
import { saveCitizen } from './save-citizen.ts'

export default defineNode(definition, saveCitizen)
