// Boards on the wall: `/wallboards` and `/wallboards/<id>`.
export { designOf, readDesign } from './design.ts'
export type { Trend, WallNumbers } from './ports.ts'
export { type WallboardOptions, wallboardRoutes } from './routes.ts'
export type { Design, Page, Tile } from './schema.ts'
export { type Board, createBoard, listBoards, saveBoard } from './store.ts'
export { templates } from './templates.ts'
