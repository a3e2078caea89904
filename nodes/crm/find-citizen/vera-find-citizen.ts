import { defineNode } from '../../kit/define-node.ts'
import { definition } from './config.ts'
import { findCitizen } from './find-citizen.ts'

export default defineNode(definition, findCitizen)
