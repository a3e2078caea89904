import { Type } from 'typebox'

/** Query of a list: `page` from 1. Spread into the route's own properties. */
export const pagingQuery = {
  page: Type.Optional(Type.Integer({ minimum: 1, maximum: 100_000 })),
  size: Type.Optional(Type.Integer({ minimum: 1, maximum: 200 })),
}

export type Paging = { page: number; size: number; offset: number }

export function pagingOf(query: { page?: number; size?: number }, size = 25): Paging {
  const page = query.page ?? 1
  const rows = query.size ?? size
  return { page, size: rows, offset: (page - 1) * rows }
}

/** For `{{> http/pager pager}}`; `url` is the request's, whose other parameters stay. */
export function pager(paging: Paging, total: number, url: string) {
  const pages = Math.max(1, Math.ceil(total / paging.size))
  const link = (page: number) => {
    const [path, query = ''] = url.split('?')
    const parameters = new URLSearchParams(query)
    parameters.set('page', String(page))
    parameters.delete('done')
    return `${path}?${parameters}`
  }
  return {
    page: paging.page,
    pages,
    total,
    first: total === 0 ? 0 : paging.offset + 1,
    last: Math.min(total, paging.offset + paging.size),
    previous: paging.page > 1 ? link(paging.page - 1) : undefined,
    next: paging.page < pages ? link(paging.page + 1) : undefined,
    many: pages > 1,
  }
}
