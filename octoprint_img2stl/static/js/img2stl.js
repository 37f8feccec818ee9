(function (Img2Stl) {
    "use strict";

    const TAB = "#tab_plugin_img2stl";
    const LAST_JOB = "plugin_img2stl_job";
    const QUEUE_POLL_MS = 5000;

    Img2Stl.ViewModel = function Img2StlViewModel(parameters) {
        const self = this;
        self.loginState = parameters[0];
        self.settingsView = parameters[1];

        const client = () => OctoPrint.plugins.img2stl;

        //~~ what the server says

        self.state = ko.observable(null);
        self.loading = ko.observable(false);
        self.refusal = ko.observable(null); // why there is nothing to show
        self.complaint = ko.observable(null);
        self.job = ko.observable(null);
        self.opening = ko.observable(false);
        self.announcement = ko.observable("");

        self.isLoaded = ko.pureComputed(() => !!self.state());
        self.can = function (what) {
            const state = self.state();
            return !!(state && state.permissions && state.permissions[what]);
        };
        self.machine = ko.pureComputed(
            () => (self.state() && self.state().machine) || null
        );
        self.machineProblem = ko.pureComputed(
            () => (self.state() && self.state().machine_problem) || null
        );
        self.machineText = ko.pureComputed(function () {
            const machine = self.machine();
            if (!machine) return "";
            return _.sprintf(gettext("%(name)s: %(size)s, nozzle %(nozzle)s mm"), {
                name: machine.name || gettext("Printer"),
                size: Img2Stl.size([machine.width, machine.depth, machine.height]),
                nozzle: Img2Stl.number(machine.nozzle, 2)
            });
        });

        //~~ the regions

        self.isVisible = ko.observable(false);
        self.stepper = new Img2Stl.Stepper(self);
        self.step = self.stepper.current;
        self.show = self.stepper.show;
        self.isShowing = (step) => self.isVisible() && self.step() === step;
        self.profiles = new Img2Stl.Profiles(self);
        self.profileEdit = new Img2Stl.ProfileEdit(self);
        self.photos = new Img2Stl.Photos(self);
        self.photo = new Img2Stl.Photo(self);
        self.solid = new Img2Stl.Solid(self);
        self.shape = new Img2Stl.Shape(self);
        self.meshShape = new Img2Stl.MeshShape(self);
        self.queue = new Img2Stl.Queue(self);
        self.progress = new Img2Stl.Progress(self);
        self.result = new Img2Stl.Result(self);
        self.testPiece = new Img2Stl.TestPiece(self);
        self.jobs = new Img2Stl.Jobs(self);

        //~~ jobs

        self.jobName = ko.pureComputed(() => (self.job() ? self.job().name : ""));

        // takes the server's word on a job; makes it the open one
        self.adopt = function (job, options) {
            const before = self.job();
            const same = !!before && before.id === job.id;
            self.job(job);
            self.jobs.put(job);
            self.complaint(null);
            self.shape.load(job);
            self.meshShape.load(job);
            self.solid.load(job);
            if (!same) self.photo.problem(null);
            if (job.result && (!same || before.updated !== job.updated))
                self.result.open();
            remember(job.id);
            if (!(options && options.stay)) self.show(self.stepper.stepFor(job));
        };
        // the same for a job that is open or only in the list
        self.refresh = function (job) {
            const open = self.job();
            if (!open || open.id !== job.id) {
                self.jobs.put(job);
                return;
            }
            const moved = open.state !== job.state;
            const atWork = ["opening", "waiting", "running"].includes(open.state);
            // follow only who was waiting for it
            const waiting =
                (open.state === "opening" && self.step() === "shape") ||
                ["check", "slice"].includes(self.step());
            self.adopt(job, {stay: !(moved && atWork && waiting)});
            if (moved) self.stepper.recoverFocus();
            if (moved && atWork) tellEnd(job);
        };
        const tellEnd = function (job) {
            const text = {
                done: gettext("%(name)s is finished."),
                failed: gettext("%(name)s failed."),
                interrupted: gettext("%(name)s was interrupted.")
            }[job.state];
            if (!text) return;
            const sentence = _.sprintf(text, {name: job.name});
            self.announcement(sentence);
            if (!self.isVisible()) {
                Img2Stl.notify(
                    job.state === "done" ? "success" : "error",
                    gettext("Photo to print"),
                    sentence
                );
            }
        };
        self.open = function (id) {
            self.opening(true);
            return client()
                .getJob(id)
                .done((answer) => self.adopt(answer.job))
                .fail((xhr) => self.complain(xhr))
                .always(() => self.opening(false));
        };
        self.gone = function (id) {
            self.jobs.drop(id);
            if (self.job() && self.job().id === id) self.close();
        };
        self.close = function () {
            self.job(null);
            self.shape.forget();
            self.meshShape.forget();
            self.solid.forget();
            remember(null);
            self.stepper.backIfLost();
        };
        self.resume = function () {
            client()
                .continueJob(self.job().id)
                .done((answer) => self.adopt(answer.job))
                .fail((xhr) => self.complain(xhr));
        };
        const canDo = (what) =>
            ko.pureComputed(
                () => !!(self.job() && self.job().can && self.job().can[what])
            );
        self.canContinue = canDo("continue");
        self.hasFailed = ko.pureComputed(
            () => !!self.job() && self.job().state === "failed"
        );
        self.continueText = ko.pureComputed(() =>
            self.hasFailed() ? gettext("Try again") : gettext("Continue")
        );
        self.canCancel = canDo("cancel");

        self.isMesh = ko.pureComputed(() => !!self.job() && self.job().kind === "mesh");
        // whether the step in which a shape is chosen shows a mesh that is made ready
        self.getsReady = ko.pureComputed(
            () => self.isMesh() || self.solid.isGettingReady()
        );
        // whether what the open job begins with could be read
        self.isOpened = ko.pureComputed(
            () => !!self.job() && !!(self.job().photo || self.job().mesh)
        );
        // why it could not
        self.openingProblem = ko.pureComputed(function () {
            const job = self.job();
            if (!job || self.isOpened()) return null;
            if (job.problem) return job.problem;
            if (job.state === "cancelled") {
                return {
                    severity: "info",
                    message: gettext(
                        "Opening it was cancelled. Try again, or give another file."
                    )
                };
            }
            if (job.state === "interrupted") {
                return {
                    severity: "warning",
                    message: gettext("OctoPrint ended while this was being opened.")
                };
            }
            return null;
        });

        // why the open job has no result, for the steps that would show it
        self.jobProblem = ko.pureComputed(function () {
            const job = self.job();
            if (!job || self.progress.isBusy() || job.state === "done") return null;
            if (job.problem) return job.problem;
            if (job.state === "cancelled") {
                return {
                    severity: "info",
                    message: gettext(
                        "This was cancelled. Change something, or make it again."
                    )
                };
            }
            if (job.state === "interrupted") {
                return {
                    severity: "warning",
                    message: gettext("OctoPrint ended while this was being made.")
                };
            }
            return null;
        });
        self.jobLog = ko.pureComputed(function () {
            const job = self.job();
            return (job && job.state === "failed" && job.log_tail) || "";
        });

        self.complain = function (xhr) {
            self.complaint(Img2Stl.failure(xhr));
        };
        self.forgetComplaint = () => self.complaint(null);

        const remember = function (id) {
            try {
                if (id) {
                    window.sessionStorage.setItem(LAST_JOB, id);
                } else {
                    window.sessionStorage.removeItem(LAST_JOB);
                }
            } catch (error) {
                log.debug("Photo to print: no session storage:", error);
            }
        };
        const remembered = function () {
            try {
                return window.sessionStorage.getItem(LAST_JOB);
            } catch (error) {
                return null;
            }
        };

        //~~ loading

        self.load = function () {
            self.loading(true);
            return client()
                .getState()
                .done(function (state) {
                    const first = !self.state();
                    self.refusal(null);
                    self.state(state);
                    self.jobs.take(state.jobs);
                    self.queue.take(state.queue);
                    if (self.job()) {
                        reload(self.job().id);
                    } else if (first) {
                        openLast(state.jobs);
                    }
                })
                .fail(function (xhr) {
                    self.refusal(
                        xhr.status === 403
                            ? Img2Stl.problem(
                                  gettext(
                                      "You may not see this. Log in, or ask the administrator for the permission to use Photo to print."
                                  )
                              )
                            : Img2Stl.failure(xhr)
                    );
                    self.state(null);
                    self.job(null);
                })
                .always(() => self.loading(false));
        };
        const reload = function (id) {
            client()
                .getJob(id)
                .done((answer) => self.refresh(answer.job))
                .fail(function (xhr) {
                    if (xhr.status === 404) self.gone(id);
                });
        };
        // after a page reload: go on where this browser was, or with what is at work
        const openLast = function (jobs) {
            const last = remembered();
            const job =
                jobs.find((candidate) => candidate.id === last) ||
                jobs.find((candidate) => candidate.mine && self.jobs.isActive(candidate));
            if (job) self.open(job.id);
        };

        const setVisible = function (visible) {
            if (visible !== self.isVisible()) Img2Stl.fitPage(visible);
            self.isVisible(visible);
            if (visible && !self.state() && !self.loading()) self.load();
        };

        // the printer's percent is not pushed to us
        window.setInterval(function () {
            if (!self.isShowing("print") || document.hidden) return;
            if (self.queue.items().some(self.queue.isPrinting)) self.queue.refresh();
        }, QUEUE_POLL_MS);

        //~~ OctoPrint's callbacks

        self.onStartupComplete = function () {
            self.photo.listen();
            // before the inputs themselves hear of it
            $(TAB)[0].addEventListener("input", Img2Stl.frames.input, true);
            setVisible(OctoPrint.coreui.selectedTab === TAB);
        };
        self.onAfterTabChange = function (current) {
            setVisible(current === TAB);
        };
        self.onUserPermissionsChanged =
            self.onUserLoggedIn =
            self.onUserLoggedOut =
                _.debounce(function () {
                    if (self.state() || self.refusal()) self.load();
                }, 200);
        self.onDataUpdaterReconnect = function () {
            if (self.state() || self.refusal()) self.load();
        };
        const reloadSoon = _.debounce(function () {
            if (self.state()) self.load();
        }, 300);
        self.onEventPrinterProfileModified = reloadSoon;
        self.onEventSettingsUpdated = reloadSoon;

        const onJobMessage = function (message) {
            const open = self.job();
            const known =
                open && open.id === message.id ? open : self.jobs.get(message.id);
            if (!known) {
                // somebody's new job; the list knows whether it concerns us
                reloadSoon();
            } else if (known.state !== message.state) {
                reload(message.id);
            } else {
                const news = {step: message.step, percent: message.percent};
                if (known.step !== message.step && known === open && message.step) {
                    self.announcement(Img2Stl.jobStep(message.step));
                }
                if (known === open) {
                    self.job($.extend({}, open, news));
                    const slicing = ["slice", "gcode"].includes(message.step);
                    if (slicing && self.step() === "check") self.step("slice");
                }
                self.jobs.put($.extend({id: message.id}, news));
            }
        };
        self.onDataUpdaterPluginMessage = function (plugin, message) {
            if (plugin !== "img2stl" || !self.state()) return;
            if (message.type === "job") {
                onJobMessage(message);
            } else if (message.type === "candidate") {
                if (self.job() && self.job().id === message.id) reload(message.id);
            } else if (message.type === "job_deleted") {
                self.gone(message.id);
            } else if (message.type === "queue") {
                self.queue.refresh();
            } else if (["jobs", "endpoints", "profiles"].includes(message.type)) {
                reloadSoon();
            }
        };
    };

    OCTOPRINT_VIEWMODELS.push({
        construct: Img2Stl.ViewModel,
        dependencies: ["loginStateViewModel", "settingsViewModel"],
        elements: [TAB]
    });
})(window.Img2Stl);
