// Knowledge articles (fichas): what agents read to answer about a topic.
export { knowledgeRoutes } from './routes.ts'
export {
  type Article,
  type ArticleInput,
  type ArticleSummary,
  createKnowledge,
  type Knowledge,
} from './store.ts'
