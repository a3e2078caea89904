/** Shows a text at the foot of the page for some seconds; screen readers hear it. */
export function showToast(text: string, kind: 'done' | 'fault'): void {
  let stack = document.querySelector<HTMLElement>('.toasts')
  if (!stack) {
    stack = document.createElement('div')
    stack.className = 'toasts'
    stack.setAttribute('role', 'status')
    stack.setAttribute('aria-live', 'polite')
    document.body.append(stack)
  }
  const item = document.createElement('p')
  item.className = `toast toast-${kind}`
  item.textContent = text
  stack.append(item)
  setTimeout(() => item.remove(), kind === 'fault' ? 8_000 : 4_000)
}
