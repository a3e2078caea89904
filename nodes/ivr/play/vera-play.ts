import { defineNode } from '../../kit/define-node.ts'
import { definition } from './config.ts'
import { play } from './play.ts'

export default defineNode(definition, play)
