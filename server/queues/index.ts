export { channels, createQueues, type Queue, type QueueInput, type Queues, settingsOf } from './queues.ts'
export { queueRoutes } from './routes.ts'
