# processor time of a part, fresh and again, through AppTest (run under pytest for the page fixtures)
import time, pytest
from tests.pages.opened import launched, opened
def test_it(monkeypatch):
    from pathlib import Path
    data=launched(monkeypatch, Path("/tmp/f_big.parquet"), task="forecasting", y_true="y", y_pred=["f","g"], series="s", time="time", origin="origin", horizon="h", season=24, train="/tmp/f_big_hist.parquet")
    at=opened("data", data=data)
    for i in range(60):
        t=time.process_time(); at.switch_page("pages/overview.py").run(timeout=120); dt=time.process_time()-t
        if any(h.value=="In words" for h in at.subheader): break
        time.sleep(1)
    print("overview", i, dt)
    for part in ("where","models","where","origins","series"):
        at.switch_page("pages/forecasts.py"); 
        at.query_params["part"]=part; at.query_params["data"]=data
        t=time.process_time(); at.run(timeout=120); print(part, at.segmented_control(key="forecasts.part").value, time.process_time()-t, at.exception)
        t=time.process_time(); at.run(timeout=120); print(part,"again", time.process_time()-t)
