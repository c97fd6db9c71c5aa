@echo off
rem The two README commands on Windows, where make is rarely there: .\make demo and .\make test
setlocal
cd /d "%~dp0"
set BIN=.venv\Scripts
if exist %BIN%\python.exe goto locked
where py >nul 2>&1
if errorlevel 1 (python -m venv .venv) else (py -3 -m venv .venv)
if errorlevel 1 exit /b 1

:locked
fc /b requirements.lock .venv\installed.lock >nul 2>&1
if not errorlevel 1 goto run
%BIN%\python -m pip install --quiet --require-hashes --requirement requirements.lock
if errorlevel 1 exit /b 1
%BIN%\python -m pip install --quiet --no-deps --no-build-isolation --editable .
if errorlevel 1 exit /b 1
copy /y requirements.lock .venv\installed.lock >nul

:run
if "%1"=="demo" goto demo
if "%1"=="test" goto test
echo Usage: .\make demo  or  .\make test
exit /b 2

:demo
%BIN%\samverkan demo
exit /b %errorlevel%

:test
%BIN%\pytest --numprocesses auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder
exit /b %errorlevel%
