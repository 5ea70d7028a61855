// What the pages do in the browser. Every page can be read without it.
import "../css/index.css";
import { startAsk } from "./ask";
import { startCharts } from "./chart-places";
import { startFilters } from "./filter";
import { startGrid } from "./grid";
import { startKeys } from "./keys";
import { startLive } from "./live";
import { startPalette } from "./palette";
import { startPanel } from "./panel";
import { startSmall } from "./small";
import { startSwap } from "./swap";
import { startTheme } from "./theme";
import { startToasts } from "./toasts";

startSwap();
startTheme();
startToasts();
startFilters();
startAsk();
startSmall();
startGrid();
startKeys();
startPalette();
startPanel();
startCharts();
startLive();
document.documentElement.dataset["ready"] = "";
