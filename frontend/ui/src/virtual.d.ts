declare module "virtual:icons" {
  /** Name to the inner markup of the SVG. */
  const icons: Record<string, string>;
  export default icons;
}
