// Boards on the wall: `/wallboards` and `/wallboards/<id>`.
export { type WallboardOptions, wallboardRoutes } from './routes.ts'
export { type Board, createBoard, type Layout, listBoards } from './store.ts'
