// The page of one study: makes the views and follows the study.

import { follow } from "sherpa/api.js";
import { startTheme } from "sherpa/colours.js";
import { byId } from "sherpa/dom.js";
import { Header, showConnection } from "sherpa/header.js";
import { Lines } from "sherpa/lines.js";
import { Parallel } from "sherpa/parallel.js";
import { Progress } from "sherpa/progress.js";
import { Structure } from "sherpa/structure.js";
import { Table } from "sherpa/table.js";
import { TrialDialog } from "sherpa/trial.js";
import { Understanding } from "sherpa/understanding.js";

startTheme(byId("theme"));
new Header();
new Parallel(byId("parallel"));
new Table(byId("table"));
new Lines(byId("lines"));
new Progress(byId("progress-card"));
new Structure(byId("structure"));
new Understanding(byId("understanding"));
new TrialDialog();
follow(showConnection);
