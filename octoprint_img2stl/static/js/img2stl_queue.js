(function (Img2Stl) {
    "use strict";

    Img2Stl.Queue = function (root) {
        const self = this;
        self.data = ko.observable({items: [], history: [], paused: false});
        self.busy = ko.observable(false);
        self.problem = ko.observable(null);
        self.confirmation = new Img2Stl.Confirmation(
            (id) => "#img2stl_item_" + id,
            ".img2stl-bed-clear"
        );

        const list = new Img2Stl.Rows();
        self.rows = list.rows;
        self.items = list.items;

        self.take = function (queue) {
            self.data(queue);
            list.take(queue.items || []);
            const asked = self.confirmation.asked();
            const still = (queue.items || []).some(
                (item) => item.id === asked && item.can_confirm
            );
            if (asked && !still) self.confirmation.forget();
        };
        self.history = ko.pureComputed(() => self.data().history || []);
        self.isEmpty = ko.pureComputed(() => !self.items().length);
        self.isPaused = ko.pureComputed(() => !!self.data().paused);
        self.reason = ko.pureComputed(() => self.data().reason || null);
        self.pausedText = ko.pureComputed(() =>
            self.reason()
                ? self.reason().message
                : gettext("The queue is paused: nothing will be offered to print.")
        );
        self.printer = ko.pureComputed(() => self.data().printer || {});
        self.printerText = ko.pureComputed(function () {
            const printer = self.printer();
            if (printer.printing) return gettext("The printer is printing.");
            if (printer.ready) return gettext("The printer is ready.");
            if (printer.connected) return gettext("The printer is busy for a moment.");
            return gettext("The printer is not connected: connect it first.");
        });
        self.canStart = ko.pureComputed(() => root.can("print"));

        //~~ rows

        self.stateText = (item) => Img2Stl.itemState(item.state);
        self.thumb = (item) => Img2Stl.url(item.thumb_url);
        self.detailText = (item) =>
            [item.print_time_s ? Img2Stl.duration(item.print_time_s) : "", item.owner]
                .filter((part) => part)
                .join(" · ");
        self.isPrinting = (item) =>
            item.state === "printing" || item.state === "starting";
        self.percent = (item) => Math.round(item.progress || 0);
        self.canMove = (item) =>
            root.can("queue") &&
            (item.state === "queued" || item.state === "awaiting_bed_clear");
        const position = (item) =>
            self.items().findIndex((other) => other.id === item.id);
        const movable = (at) => !!self.items()[at] && self.canMove(self.items()[at]);
        self.canMoveUp = (item) => self.canMove(item) && movable(position(item) - 1);
        self.canMoveDown = (item) => self.canMove(item) && movable(position(item) + 1);
        self.canRemove = (item) => root.can("queue") && item.can_remove;
        self.canConfirm = (item) => self.canStart() && item.can_confirm;
        self.mayNotStart = (item) => !self.canStart() && item.can_confirm;
        self.askText = (item) =>
            _.sprintf(
                gettext(
                    "Is the bed empty and clean? The printer will start %(name)s at once."
                ),
                {name: item.name}
            );
        self.rowLabel = function (text, item) {
            return _.sprintf(text, {name: item.name});
        };
        self.bedClearLabel = (item) =>
            self.rowLabel(gettext("Bed is clear, print %(name)s"), item);
        self.upLabel = (item) => self.rowLabel(gettext("Move %(name)s up"), item);
        self.downLabel = (item) => self.rowLabel(gettext("Move %(name)s down"), item);
        self.removeLabel = (item) =>
            self.rowLabel(gettext("Take %(name)s out of the queue"), item);

        //~~ actions: each answers with the new queue

        const act = function (request) {
            if (self.busy()) return;
            self.busy(true);
            self.problem(null);
            request()
                .done(function (answer) {
                    if (answer && answer.queue) {
                        self.take(answer.queue);
                    } else {
                        self.refresh();
                    }
                })
                .fail(function (xhr) {
                    self.problem(Img2Stl.failure(xhr));
                    self.refresh();
                })
                .always(() => self.busy(false));
        };
        const client = () => OctoPrint.plugins.img2stl;

        self.refresh = function () {
            return client()
                .getQueue()
                .done((answer) => self.take(answer.queue));
        };
        self.pause = () => act(() => client().pauseQueue());
        self.resume = () => act(() => client().resumeQueue());
        self.clear = () => act(() => client().clearQueue());
        self.remove = (item) => act(() => client().removeFromQueue(item.id));
        self.up = (item) => act(() => client().moveInQueue(item.id, position(item) - 1));
        self.down = (item) =>
            act(() => client().moveInQueue(item.id, position(item) + 1));

        self.askBedClear = function (item) {
            self.problem(null);
            self.confirmation.ask(item.id);
        };
        self.confirmBedClear = function (item) {
            self.confirmation.forget();
            act(() =>
                client()
                    .confirmBedClear(item.id, self.data().bed_generation)
                    .then((answer) => client().startItem(item.id, answer.token))
            );
            root.stepper.recoverFocus();
        };
    };
})(window.Img2Stl);
