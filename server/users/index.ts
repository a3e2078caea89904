export { userRoutes } from './routes.ts'
export type { Skill, User, UserFilter } from './store.ts'
export { type By, createUsers, generatePassword, rolesGivenBy, type UserInput, type Users } from './users.ts'
