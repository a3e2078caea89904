export function filterOf(query: { q?: string; topic?: number }): { text?: string; topicId?: number } {
  return {
    ...(query.q ? { text: query.q } : {}),
    ...(query.topic === undefined ? {} : { topicId: query.topic }),
  }
}
